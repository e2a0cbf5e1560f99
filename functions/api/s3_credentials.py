"""Keys with which a group's S3 clients (rclone, aws, boto3) drop files into one project, made and revoked by administrators.

Each is a user of the gateway's own, with a policy of its own (drop_policy.py). The row comes first, then the gateway, then `active`: a kill in
between leaves a row that says `making`, which can be revoked. Revoking asks the gateway first: what is listed as revoked is refused.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from acervo import access
from acervo.access import Action
from acervo.database import Connection, Row, query
from acervo.problems import Problem
from functions.api import audit, client_gateway, cursors
from functions.api.drop_policy import build_policy, prefix_of
from functions.api.endpoint import Ask, Reply, Table
from functions.api.gateway_users import GatewayUsers
from functions.api.models.s3_credentials import (
    S3Credential,
    S3CredentialMade,
    S3CredentialMake,
    S3CredentialsQuery,
)
from functions.api.models.strict import Page
from functions.api.projects import find_project

table = Table("s3 credentials")
MOST = 100
UNKNOWN_TO_OTHERS = {"cache-control": "no-store"}


def _gateway(ask: Ask) -> GatewayUsers:
    """Raises Problem (501) where the installation has no administrator of its gateway."""
    known = ask.resources.settings.s3_admin
    if not known.access_key or not known.secret_key:
        raise Problem(
            501,
            "no-s3-administration",
            "this installation makes no S3 credentials (S3_ADMIN_ACCESS_KEY is not set)",
        )
    store = ask.objects.settings
    return GatewayUsers(store.endpoint, store.region, known)


def _project(ask: Ask, connection: Connection) -> str:
    return str(
        find_project(ask, connection, str(ask.request.path_params["project"]), Action.ADMINISTER)["id"]
    )


def _fields(row: Row) -> dict[str, object]:
    names = ("id", "name", "state", "access_key", "created_by", "created_at", "revoked_by", "revoked_at")
    return {**{name: row[name] for name in names}, "owner": f"s3:{row['gateway_user']}"}


@table.get(
    "/projects/{project}/s3-credentials",
    query=S3CredentialsQuery,
    answers={200: Page[S3Credential]},
    problems=(403, 404, 422),
)
def list_credentials(ask: Ask, query: S3CredentialsQuery) -> Reply:
    """Keys of S3 clients, newest first, revoked ones too. Secrets are not shown again."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    shown = rows[: query.limit]
    cursor = cursors.encode(shown[-1]["created_at"], shown[-1]["id"]) if more else None
    return Reply(
        Page[S3Credential](
            items=[S3Credential.model_validate(_fields(row)) for row in shown], next_cursor=cursor
        )
    )


def _page(ask: Ask, wanted: S3CredentialsQuery) -> list[Row]:
    at, id_ = cursors.decode_time_and_id(wanted.cursor) if wanted.cursor else (None, None)
    with ask.database.transaction() as connection:
        project_id = _project(ask, connection)
        return list(
            query.list_s3_credentials(
                connection, project_id=project_id, after_at=at, after_id=id_, limit=wanted.limit + 1
            )
        )


@table.post(
    "/projects/{project}/s3-credentials",
    body=S3CredentialMake,
    answers={201: S3CredentialMade},
    problems=(403, 404, 409, 413, 415, 422, 501),
)
def make_credential(ask: Ask, body: S3CredentialMake) -> Reply:
    """A key that may put objects under `uploads/{project}/` and nothing else; its secret is in this answer and never again."""
    id_ = str(uuid4())
    user = f"acervo-s3-{id_}"
    with ask.database.transaction() as connection:
        project_id = _project(ask, connection)
    gateway = _gateway(ask)
    if not ask.resources.settings.s3_admin.on_open_gateway:
        client_gateway.check_closed(ask.objects.settings)
    with ask.database.transaction() as connection:
        query.lock_project(connection, project_id=project_id)
        row = query.add_s3_credential(
            connection, id=id_, project_id=project_id, name=body.name, gateway_user=user, created_by=ask.caller.user, most=MOST
        )  # fmt: skip
        if row is None:
            raise Problem(
                409, "too-many-credentials", f"a project has at most {MOST} S3 credentials: revoke some"
            )
        audit.write(
            connection, ask, "s3-credential.make", project_id=project_id, credential=id_, name=body.name
        )
    key = gateway.make(user, f"Acervo {project_id}", build_policy(ask.objects.archive, project_id))
    with ask.database.transaction() as connection:
        row = query.activate_s3_credential(connection, id=id_, access_key=key.access_key)
    if row is None:  # it was revoked while it was made: the gateway may have heard that first
        gateway.remove(user)
        raise Problem(409, "credential-revoked", "the credential was revoked while it was made")
    store = ask.objects.settings
    made = S3CredentialMade.model_validate(
        {
            **_fields(row), "secret_key": key.secret_key, "endpoint": store.public_endpoint, "region": store.region,
            "bucket": ask.objects.archive, "prefix": prefix_of(project_id),
        }
    )  # fmt: skip
    return Reply(made, 201, UNKNOWN_TO_OTHERS)


@table.delete("/projects/{project}/s3-credentials/{id}", answers={204: None}, problems=(403, 404, 501))
def revoke_credential(ask: Ask) -> Reply:
    """Its key is refused from now on; what was dropped with it stays. Revoked already is fine."""
    with ask.database.transaction() as connection:
        project_id = _project(ask, connection)
        row = query.get_s3_credential(connection, project_id=project_id, id=UUID(ask.uuid()))
    if row is None:
        raise access.missing()
    _gateway(ask).remove(row["gateway_user"])
    with ask.database.transaction() as connection:
        if query.revoke_s3_credential(connection, id=row["id"], revoked_by=ask.caller.user):
            audit.write(
                connection,
                ask,
                "s3-credential.revoke",
                project_id=project_id,
                credential=str(row["id"]),
                name=row["name"],
            )
    return Reply(status=204)
