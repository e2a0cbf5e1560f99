import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";

interface Props<T> {
  list: UseInfiniteQueryResult<InfiniteData<{ items: T[] }>>;
  /** Said when there is nothing. */
  none: string;
  /** Within something else: the same, smaller. */
  inner?: boolean;
  children: (items: T[]) => ReactNode;
}

/** Pages of a list in each of its states, and the way to the next one. */
export function Listed<T>({ list, none, inner = false, children }: Props<T>) {
  const { t } = useTranslation();
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {list.isPending && <Loading />}
      {list.isError && <Fault fault={list.error} retry={() => void list.refetch()} />}
      {list.data && items.length === 0 && (inner ? <Box sx={{ color: "text.secondary", fontSize: "0.8125rem" }}>{none}</Box> : <Nothing title={none} />)}
      {items.length > 0 && children(items)}
      {list.hasNextPage && (
        <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </>
  );
}
