import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Ink and teal: calm next to the reds and ambers that mean something. */
const assent: MantineColorsTuple = ["#e9fbf7", "#d3f4ec", "#a4e8d8", "#72dcc3", "#4bd1b1", "#33caa5", "#16a98a", "#0f8a72", "#0f766e", "#0b5a53"];

export const theme = createTheme({
  primaryColor: "assent",
  primaryShade: { light: 8, dark: 6 },
  autoContrast: true,
  colors: { assent },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontWeight: "620" },
  components: {
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    Anchor: { defaultProps: { underline: "hover" } },
    Modal: { defaultProps: { centered: true } },
    Paper: { defaultProps: { withBorder: true } },
    Skeleton: { defaultProps: { radius: "sm" } },
  },
});
