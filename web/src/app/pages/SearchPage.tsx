import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";

import { useTitle } from "~/components/useTitle";
import { SearchView } from "~/features/search/components/SearchView";

const Shelf = lazy(() => import("~/features/collections/Shelf").then((module) => ({ default: module.Shelf })));
const SelectionBar = lazy(() => import("./SelectionBar").then((module) => ({ default: module.SelectionBar })));

export function SearchPage() {
  const { t } = useTranslation();
  const params = useSearch({ from: "/shell/" });
  const navigate = useNavigate();
  useTitle(params.q ?? t("search.title"));
  return (
    <SearchView
      params={params}
      onChange={(search) => void navigate({ to: "/", search })}
      shelf={(dragged) => (
        <Suspense fallback={null}>
          <Shelf assetIds={[...dragged.keys()]} projectIds={new Set([...dragged.values()].map(({ project_id }) => project_id))} />
        </Suspense>
      )}
      actions={(selection, clear) => (
        <Suspense fallback={null}>
          <SelectionBar selection={selection} collection={params.collection} onClear={clear} />
        </Suspense>
      )}
    />
  );
}
