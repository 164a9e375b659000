// The build puts preact's one file beside the page's modules under this name.
import type { JSX } from 'preact';

export { type ComponentChildren, type ComponentType, h, render } from 'preact';
/** Whatever can be drawn. */
export type VNode = JSX.Element;
