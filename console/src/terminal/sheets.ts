/**
 * xterm.js writes styles as text: in style elements, and in the style attributes of characters that have a colour of
 * their own. The content security policy refuses both. What xterm.js makes here takes the same texts by script, which
 * the policy allows: a style element's become a sheet, an attribute's the properties of its element.
 */
type Create = (name: string, options?: ElementCreationOptions) => HTMLElement;

/** The document for xterm.js to make its elements with. */
export function patientDocument(): Document {
  const create = making(document.createElement.bind(document));
  return new Proxy(document, {
    get(whole, name) {
      if (name === "createElement") return create;
      const found: unknown = Reflect.get(whole, name, whole);
      return typeof found === "function" ? (found.bind(whole) as unknown) : found;
    },
  });
}

/** Opens a terminal: one part of xterm.js asks the page's own document for a style element then. */
export function withSheets(open: () => void): void {
  document.createElement = making(document.createElement.bind(document)) as typeof document.createElement;
  try {
    open();
  } finally {
    // The document's own is inherited, and shows again.
    delete (document as { createElement?: unknown }).createElement;
  }
}

function making(create: Create): Create {
  return (name, options) => {
    if (name === "style") return sheet(create("template"));
    const made = create(name, options);
    if (name === "span") made.setAttribute = setAttribute;
    return made;
  };
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

function sheet(place: HTMLElement): HTMLElement {
  const made = new CSSStyleSheet();
  Object.defineProperty(place, "textContent", { set: (text: string) => made.replaceSync(text) });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
  place.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== made);
    Element.prototype.remove.call(place);
  };
  return place;
}
