import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useTitle } from "~/components/useTitle";
import { SearchView } from "~/features/search/components/SearchView";

export function SearchPage() {
  const { t } = useTranslation();
  const params = useSearch({ from: "/shell/" });
  const navigate = useNavigate();
  useTitle(params.q ?? t("search.title"));
  return <SearchView params={params} onChange={(search) => void navigate({ to: "/", search })} />;
}
