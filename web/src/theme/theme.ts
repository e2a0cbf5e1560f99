/** How Acervo looks: dense and calm, colour only where it says something. Every pair of colours has at least 4.5 : 1. */
import { createTheme } from "@mui/material/styles";

const FONT = '"Inter Variable", system-ui, sans-serif';
export const MONOSPACE = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace';

declare module "@mui/material/styles" {
  interface Palette {
    /** Words that were searched for. */
    hit: { background: string; text: string };
    /** The stage behind films and pictures, dark in both themes. */
    stage: { background: string; text: string; faint: string };
  }
  interface PaletteOptions {
    hit: Palette["hit"];
    stage: Palette["stage"];
  }
}

const stage = { background: "#0a0c10", text: "#f1f4f8", faint: "#a4aebb" };

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: "data" },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: "#1f55d1", contrastText: "#ffffff" },
        error: { main: "#b42318" },
        warning: { main: "#8a5300", contrastText: "#ffffff" },
        success: { main: "#11703f" },
        info: { main: "#1f55d1" },
        background: { default: "#f4f6f9", paper: "#ffffff" },
        text: { primary: "#161b22", secondary: "#515c6b" },
        divider: "#dde3ea",
        hit: { background: "#ffe69c", text: "#161b22" },
        stage,
      },
    },
    dark: {
      palette: {
        primary: { main: "#8db4ff", contrastText: "#0b1220" },
        error: { main: "#ff9b8f" },
        warning: { main: "#ffc46b", contrastText: "#1a1204" },
        success: { main: "#74d8a2" },
        info: { main: "#8db4ff" },
        background: { default: "#0f1319", paper: "#161c24" },
        text: { primary: "#e8edf3", secondary: "#a3afbd" },
        divider: "#2a333f",
        hit: { background: "#6b4e00", text: "#fff3d1" },
        stage,
      },
    },
  },
  shape: { borderRadius: 6 },
  spacing: 8,
  typography: {
    fontFamily: FONT,
    fontSize: 13,
    h1: { fontSize: "1.25rem", fontWeight: 650, letterSpacing: "-0.01em", lineHeight: 1.3 },
    h2: { fontSize: "0.95rem", fontWeight: 650, lineHeight: 1.4 },
    h3: { fontSize: "0.8125rem", fontWeight: 650, lineHeight: 1.4 },
    body1: { fontSize: "0.875rem" },
    body2: { fontSize: "0.8125rem" },
    caption: { fontSize: "0.75rem" },
    button: { textTransform: "none", fontWeight: 600 },
  },
  components: {
    MuiCssBaseline: {
      styleOverrides: {
        "html, body, #root": { height: "100%" },
        // a screen of so many pixels is large, or far away
        "@media (min-width: 2560px)": { html: { fontSize: "112.5%" } },
        "@media (min-width: 3400px)": { html: { fontSize: "125%" } },
        body: { fontVariantNumeric: "tabular-nums" },
        ":focus-visible": { outline: "2px solid var(--mui-palette-primary-main)", outlineOffset: "2px" },
        "@media (prefers-reduced-motion: reduce)": {
          "*, *::before, *::after": {
            animationDuration: "0.01ms !important",
            animationIterationCount: "1 !important",
            transitionDuration: "0.01ms !important",
            scrollBehavior: "auto !important",
          },
        },
      },
    },
    MuiButtonBase: { defaultProps: { disableRipple: true } },
    MuiButton: { defaultProps: { size: "small", disableElevation: true } },
    MuiIconButton: { defaultProps: { size: "small" } },
    MuiTextField: { defaultProps: { size: "small", fullWidth: true } },
    MuiFormControl: { defaultProps: { size: "small" } },
    MuiSelect: { defaultProps: { size: "small" } },
    MuiChip: { defaultProps: { size: "small" } },
    MuiPaper: { defaultProps: { elevation: 0 }, styleOverrides: { root: { backgroundImage: "none" } } },
    MuiTooltip: { defaultProps: { enterDelay: 400, disableInteractive: false } },
    MuiLink: { defaultProps: { underline: "hover" } },
    MuiTab: { styleOverrides: { root: { minHeight: 40, paddingBlock: 8, textTransform: "none" } } },
    MuiTabs: { styleOverrides: { root: { minHeight: 40 } } },
  },
});
