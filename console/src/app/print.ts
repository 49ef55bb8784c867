/** Paper is light, whatever the screen is. Colours go by the scheme on the root, so the scheme itself is changed while it is printed. */
export function printInLight(root: HTMLElement = document.documentElement): void {
  let before: string | undefined;
  window.addEventListener("beforeprint", () => {
    before ??= root.dataset["mantineColorScheme"];
    root.dataset["mantineColorScheme"] = "light";
  });
  window.addEventListener("afterprint", () => {
    if (before !== undefined) root.dataset["mantineColorScheme"] = before;
    before = undefined;
  });
}
