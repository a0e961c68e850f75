/**
 * xterm.js brings its styles in style elements, which the content security policy refuses. What it makes while it
 * opens gets a sheet made by script in place of each, which takes the texts that such an element is given.
 */
export function withSheets(open: () => void): void {
  const create = document.createElement.bind(document);
  const creating = (name: string, options?: ElementCreationOptions) =>
    name === "style" ? standIn() : create(name, options);
  document.createElement = creating as typeof document.createElement;
  try {
    open();
  } finally {
    // The document's own is inherited, and shows again.
    delete (document as { createElement?: unknown }).createElement;
  }
}

function standIn(): HTMLElement {
  const sheet = new CSSStyleSheet();
  const place = document.createElementNS("http://www.w3.org/1999/xhtml", "template") as HTMLElement;
  Object.defineProperty(place, "textContent", { set: (text: string) => sheet.replaceSync(text) });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  place.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(place);
  };
  return place;
}
