import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "~/api/client";

import { titleOf } from "../title";
import type { ScopeName as Name } from "../searchParams";

/** What a scope is called. */
export function ScopeName({ scope: { name, id } }: { scope: { name: Name; id: string } }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["scope", name, id],
    queryFn: async ({ signal }) => {
      const params = { path: { id } };
      if (name === "collection") return (await unwrap(api.GET("/api/v1/collections/{id}", { params, signal }))).name;
      return titleOf(await unwrap(api.GET("/api/v1/assets/{id}", { params, signal })));
    },
  });
  return <>{name === "collection" ? t("search.scope.collection", { name: data ?? "…" }) : t("search.scope.like", { title: data ?? "…" })}</>;
}
