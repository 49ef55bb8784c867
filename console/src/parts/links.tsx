// Mantine's looks with the router's typed addresses: a search that the page does not know fails the type check.
import { Anchor, Button, Menu, type AnchorProps, type ButtonProps, type MenuItemProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";

type OfAnchor = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "style" | "color"> & { ref?: Ref<HTMLAnchorElement>; children?: ReactNode };

export const LinkButton = createLink(({ ref, ...props }: ButtonProps & OfAnchor) => <Button component="a" ref={ref} {...props} />);
/** Underlined: inside a sentence, colour alone would not show that it is a link. */
export const LinkText = createLink(({ ref, ...props }: AnchorProps & OfAnchor) => <Anchor ref={ref} underline="always" {...props} />);
export const LinkItem = createLink(({ ref, ...props }: MenuItemProps & OfAnchor) => <Menu.Item component="a" ref={ref} {...props} />);
