/**
 * Characters that turn the direction of what follows them, as text: with one, a word reads as another. Right-to-left
 * writing needs none of them.
 */
export const visible = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase()}]`)
