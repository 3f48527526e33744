/** One element: its name, and its text or its children in order; null children are left out. */
export type XmlNode = readonly [name: string, content: string | readonly (XmlNode | null)[]];

/** An XML 1.0 document, UTF-8. `namespace` is that of all its elements. */
export function xmlDocument([name, content]: XmlNode, namespace: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${xmlText(namespace)}">${inner(content)}</${name}>\n`;
}

/**
 * Text as it stands between tags or in an attribute. Characters that XML 1.0 does not have (2.2: most control
 * characters, halves of others) become U+FFFD.
 */
export function xmlText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[<>&"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function inner(content: XmlNode[1]): string {
  if (typeof content === 'string') return xmlText(content);
  return content.map((node) => (node === null ? '' : `<${node[0]}>${inner(node[1])}</${node[0]}>`)).join('');
}
