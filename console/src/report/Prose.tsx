import { Code } from "@mantine/core";

import { pieces } from "./words";

/** A sentence of a report: text, with the names in backticks set apart. */
export function Prose({ text }: { text: string }) {
  return (
    <span className="foreign">
      {pieces(text).map((piece, index) => (piece.code ? <Code key={index}>{piece.text}</Code> : piece.text))}
    </span>
  );
}
