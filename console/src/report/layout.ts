// JSON that stands in one line, laid out for reading. Nothing but white space between its parts is added, and the words that are marked
// stay marked.

export type Excerpt = { before: string; quote: string; after: string };

const INDENT = "  ";

/** Whether this is JSON in one line whose marked words begin with a key or a text, so that what is inside of texts can be told. */
export function isOneLineJson({ before, quote, after }: Excerpt): boolean {
  const whole = `${before}${quote}${after}`;
  return quote.startsWith('"') && !whole.trim().includes("\n") && /"\s*:/.test(whole) && /[{[]/.test(whole);
}

/**
 * The same with a line for each entry. The text may be cut at both ends: where it begins inside of a text is told by the marked words, which
 * begin outside of one; how deep it begins, by how far it closes what it did not open.
 */
export function layOut(excerpt: Excerpt): Excerpt {
  const whole = `${excerpt.before}${excerpt.quote}${excerpt.after}`;
  const from = excerpt.before.length;
  const to = from + excerpt.quote.length;
  const inside = endsInText(excerpt.before, false);
  let depth = missingDepth(whole, inside);
  let inText = inside;
  const parts = ["", "", ""];
  const put = (at: number, text: string) => {
    const part = at < from ? 0 : at < to ? 1 : 2;
    parts[part] += text;
  };
  const line = () => `\n${INDENT.repeat(Math.max(0, depth))}`;
  for (let at = 0; at < whole.length; at += 1) {
    const char = whole.charAt(at);
    if (inText) {
      put(at, char);
      if (char === "\\" && at + 1 < whole.length) {
        at += 1;
        put(at, whole.charAt(at));
      } else if (char === '"') inText = false;
    } else if (char === '"') {
      inText = true;
      put(at, char);
    } else if (char === "{" || char === "[") {
      put(at, char);
      const closes = char === "{" ? "}" : "]";
      if (whole.charAt(at + 1) === closes) {
        at += 1;
        put(at, closes);
      } else {
        depth += 1;
        put(at, line());
      }
    } else if (char === "}" || char === "]") {
      depth -= 1;
      put(at, line());
      put(at, char);
    } else if (char === ",") {
      put(at, char);
      put(at, line());
    } else if (char === ":") put(at, ": ");
    else put(at, char);
  }
  const [before = "", quote = "", after = ""] = parts;
  // White space is not among the marked words, wherever it was put.
  const [, lead = "", words = "", tail = ""] = /^(\s*)([^]*?)(\s*)$/.exec(quote) ?? [];
  return { before: before + lead, quote: words, after: tail + after };
}

/** Whether a text ends inside of quotation marks. */
function endsInText(text: string, begins: boolean): boolean {
  let inText = begins;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (inText && char === "\\") at += 1;
    else if (char === '"') inText = !inText;
  }
  return inText;
}

/** How deep a text begins that closes more than it opens. */
function missingDepth(text: string, begins: boolean): number {
  let inText = begins;
  let depth = 0;
  let least = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (inText && char === "\\") at += 1;
    else if (char === '"') inText = !inText;
    else if (!inText && (char === "{" || char === "[")) depth += 1;
    else if (!inText && (char === "}" || char === "]")) least = Math.min(least, (depth -= 1));
  }
  return -least;
}
