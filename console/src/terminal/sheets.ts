/**
 * xterm.js writes styles as text: in style elements, and in an attribute of each character with a colour of its own.
 * The content security policy refuses both. The build has it call these two instead (`vite.config.ts`): the same texts
 * reach the page by script, which the policy allows.
 */

/** In place of a style element: its text becomes a sheet of the page, until it is removed. */
export function sheet(): HTMLElement {
  const made = new CSSStyleSheet();
  const place = document.createElement("template");
  Object.defineProperty(place, "textContent", { set: (text: string) => made.replaceSync(text) });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
  place.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== made);
    Element.prototype.remove.call(place);
  };
  return place;
}

/** In place of a style attribute. */
export function setStyle(element: HTMLElement, text: string): void {
  element.style.cssText = text;
}
