// A button that is off for whoever may not press it, and says why.
import { Button, Tooltip, type ButtonProps } from "@mantine/core";
import type { ComponentPropsWithoutRef, ReactNode } from "react";

type MayButtonProps = ButtonProps & Omit<ComponentPropsWithoutRef<"button">, keyof ButtonProps> & { may: boolean; why: string; children: ReactNode };

export function MayButton({ may, why, onClick, type = "button", children, ...rest }: MayButtonProps) {
  if (may)
    return (
      <Button {...rest} type={type} onClick={onClick}>
        {children}
      </Button>
    );
  return (
    <Tooltip label={why} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
      {/* Not `disabled`: that would take it out of the tab order, and nobody would learn why. */}
      <Button {...rest} type="button" data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
        {children}
      </Button>
    </Tooltip>
  );
}
