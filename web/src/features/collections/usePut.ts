import { useTranslation } from "react-i18next";

import { useFaultTitle } from "~/components/Fault";
import { say } from "~/components/toast";

import { useAddToCollection, useRemoveFromCollection, type Collection } from "./api/useCollections";

type Named = Pick<Collection, "id" | "name">;

/** Into a collection, said in passing, with a way to take it back. Goes on when what asked for it is gone from the page. */
export function usePut(): (collection: Named, assetIds: readonly string[]) => Promise<void> {
  const { t } = useTranslation("library");
  const faultTitle = useFaultTitle();
  const { mutateAsync: add } = useAddToCollection();
  const { mutateAsync: remove } = useRemoveFromCollection();
  return async ({ id, name }, assetIds) => {
    const wanted = { id, asset_ids: [...assetIds] };
    const undo = () =>
      remove(wanted).then(
        ({ changed }) => say(t("collections.removed", { count: changed, name })),
        (fault: unknown) => say(faultTitle(fault)),
      );
    try {
      const { changed } = await add(wanted);
      const said = changed > 0 ? t("collections.added", { count: changed, name }) : t("collections.already", { name });
      // only what is known to have come in by this goes out again
      say(said, changed === assetIds.length ? { label: t("undo"), act: () => void undo() } : undefined);
    } catch (fault) {
      say(faultTitle(fault));
    }
  };
}

/** Out of a collection, said in passing, with a way to put it back. */
export function useTakeOut(): (id: string, assetIds: readonly string[]) => Promise<void> {
  const { t } = useTranslation("library");
  const faultTitle = useFaultTitle();
  const { mutateAsync: add } = useAddToCollection();
  const { mutateAsync: remove } = useRemoveFromCollection();
  return async (id, assetIds) => {
    const wanted = { id, asset_ids: [...assetIds] };
    const undo = () =>
      add(wanted).then(
        ({ changed }) => say(t("collections.putBack", { count: changed })),
        (fault: unknown) => say(faultTitle(fault)),
      );
    try {
      const { changed } = await remove(wanted);
      say(t("collections.takenOut", { count: changed }), changed === assetIds.length ? { label: t("undo"), act: () => void undo() } : undefined);
    } catch (fault) {
      say(faultTitle(fault));
    }
  };
}
