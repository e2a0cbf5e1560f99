import MuiLink from "@mui/material/Link";
import { createLink } from "@tanstack/react-router";

/** A link within the page, typed by its routes, that looks as MUI's. */
export const PageLink = createLink(MuiLink);
