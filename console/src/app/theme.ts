import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Ink and teal: calm next to the reds and ambers that mean something. */
const assent: MantineColorsTuple = ["#e9fbf7", "#d3f4ec", "#a4e8d8", "#72dcc3", "#4bd1b1", "#33caa5", "#16a98a", "#0f8a72", "#0f766e", "#0b5a53"];

export const theme = createTheme({
  primaryColor: "assent",
  // White words on it pass WCAG AA in both themes.
  primaryShade: { light: 8, dark: 8 },
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
    // The words carry the meaning; on a tinted ground the tint is too faint for them.
    Alert: { styles: { title: { color: "var(--mantine-color-text)" } } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    // The placeholder would be a child of the menu that is no item.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Paper: { defaultProps: { withBorder: true } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Skeleton: { defaultProps: { radius: "sm" } },
  },
});
