import { ActionIcon, Box, Code, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

/** Copies a text, and says that it did. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <CopyButton value={text} timeout={2000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : label}>
          <ActionIcon variant="subtle" color={copied ? "assent" : "gray"} onClick={copy} aria-label={copied ? "Copied" : label}>
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A command or document to take elsewhere. */
export function CopyBlock({ text, label, maxHeight }: { text: string; label?: string; maxHeight?: number }) {
  return (
    <Box pos="relative">
      <Code block tabIndex={0} style={{ maxHeight, overflow: "auto", paddingInlineEnd: 44, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text}
      </Code>
      <Box pos="absolute" top={6} right={6} className="no-print">
        <Copy text={text} {...(label ? { label } : {})} />
      </Box>
    </Box>
  );
}
