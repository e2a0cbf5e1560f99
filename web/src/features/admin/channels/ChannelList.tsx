import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Switch from "@mui/material/Switch";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjectName } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { useProfileName } from "~/components/useProfileName";
import { useFormat } from "~/format/useFormat";

import { Listed } from "../parts/Listed";
import { Section } from "../parts/Section";
import { Side } from "../parts/Side";
import { Table } from "../parts/Table";
import { ChannelForm } from "./ChannelForm";
import { useChannelChanges, useChannelPages, type Channel } from "./useChannelAdmin";

/** Where assets can go, whether they go there, and what each needs. */
export function ChannelList() {
  const { t } = useTranslation("admin");
  const format = useFormat();
  const project = useProjectName();
  const profileName = useProfileName();
  const channels = useChannelPages();
  const { enable } = useChannelChanges();
  const [open, setOpen] = useState<Channel | "new" | null>(null);
  return (
    <Section
      title={t("channels.title")}
      tools={
        <Button variant="outlined" onClick={() => setOpen("new")}>
          {t("channels.new")}
        </Button>
      }
    >
      {enable.isError && <Fault fault={enable.error} />}
      <Listed list={channels} none={t("channels.none")}>
        {(items) => (
          <Table label={t("channels.title")} columns={[t("enabled"), t("name"), t("channels.type"), t("channels.profile"), t("channels.projects"), t("channels.state")]}>
            {items.map((channel) => (
              <tr key={channel.id}>
                <td>
                  <Switch
                    size="small"
                    checked={channel.enabled}
                    disabled={enable.isPending}
                    slotProps={{ input: { "aria-label": t("channels.enable", { name: channel.name }) } }}
                    onChange={(event) => enable.mutate({ channel: channel.id, enabled: event.target.checked })}
                  />
                </td>
                <td>
                  <Button onClick={() => setOpen(channel)} sx={{ p: 0, minWidth: 0, textAlign: "left" }}>
                    {channel.name}
                  </Button>
                  <Box sx={{ color: "text.secondary", fontSize: "0.75rem" }}>{channel.id}</Box>
                </td>
                <td>{channel.type}</td>
                <td>{profileName(channel.profile)}</td>
                <Box component="td" sx={{ maxWidth: 280, overflowWrap: "anywhere" }}>
                  {channel.projects?.map(project).join(", ") ?? t("channels.allProjects")}
                </Box>
                <td>
                  {channel.open_until && new Date(channel.open_until) > new Date()
                    ? t("channels.resting", { when: format.moment(channel.open_until) })
                    : channel.failures > 0
                      ? t("channels.failures", { count: channel.failures })
                      : t("channels.fine")}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
      <Side title={open === "new" ? t("channels.new") : (open?.name ?? "")} open={open !== null} onClose={() => setOpen(null)}>
        {open !== null && <ChannelForm key={open === "new" ? "" : open.id} channel={open === "new" ? null : open} onSaved={() => setOpen(null)} />}
      </Side>
    </Section>
  );
}
