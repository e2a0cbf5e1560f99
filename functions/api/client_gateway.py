"""The gateway that S3 clients of others reach: a key is handed out only where it cannot touch what the platform lives by.

Notification topics of RGW 16 have no owner and know no policy: any user may overwrite or delete those that ingest hears from. A gateway
with `rgw_enable_apis = s3` serves no topics, to nobody; whether the public one is like that is asked before each key is made.
"""

from __future__ import annotations

from typing import Any

from acervo.errors import Transient
from acervo.function import ObjectSettings
from acervo.problems import Problem

TIMEOUT_S, TRIES = 5.0, 2


def check_closed(store: ObjectSettings) -> None:
    """Asks the public gateway for the platform's own topics, with the platform's own key.

    Raises:
        Problem: 501, it serves topics.
        Transient: it does not answer, so that nobody knows.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        listed = _client(store).list_topics()["Topics"]
    except ClientError as refused:
        status = int(refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if status >= 500 and status != 501:
            raise Transient(
                "objects-unavailable", f"the gateway for S3 clients answered {status}"
            ) from refused
        return
    except ResponseParserError:
        return  # an answer, but of somebody who has never heard of topics
    except BotoCoreError as fault:
        raise Transient("objects-unreachable", "the gateway for S3 clients did not answer") from fault
    if listed:
        raise Problem(
            501,
            "gateway-serves-topics",
            "the gateway at S3_PUBLIC_ENDPOINT lets every key change notification topics: give S3 clients one with "
            "`rgw_enable_apis = s3`, or set S3_CREDENTIALS_ON_OPEN_GATEWAY=true on a development machine",
        )


def _client(store: ObjectSettings) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "sns",
        endpoint_url=store.public_endpoint,
        region_name=store.region,
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        config=Config(
            connect_timeout=TIMEOUT_S,
            read_timeout=TIMEOUT_S,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
        ),
    )
