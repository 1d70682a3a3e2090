/** A host's XML as a small tree: bounded in depth and number, without document types and thus entities of its own. */
import sax from 'sax';

export interface XmlElement {
  name: string;
  attributes: { [name: string]: string };
  children: XmlElement[];
  /** The text directly in it. */
  text: string;
}

export interface XmlDocument {
  root: XmlElement | null;
  /** Why it is not whole, as a sentence; the root then holds what came before. Null when it is. */
  problem: string | null;
}

const maxElements = 500_000;
const maxDepth = 30;
/** sax goes on to the end of what it was given, whatever it found: it gets the text in pieces. */
const pieceLength = 65_536;

/** @param what names the document in a problem, e.g. "zypper's answer" */
export function parseXml(text: string, what: string): XmlDocument {
  const document: XmlDocument = { root: null, problem: null };
  const open: XmlElement[] = [];
  /** Attributes count, too. */
  let elements = 0;
  const fail = (why: string) => (document.problem ??= `${what} ${why}.`);
  const parser = sax.parser(true);
  const handlers: Partial<sax.SAXParser> = {
    onerror: () => fail('is not well-formed XML'),
    // Entities could be declared here; zypper never does.
    ondoctype: () => fail('declares a document type'),
    onattribute: () => {
      elements += 1;
      if (elements > maxElements) fail('is larger than is read');
    },
    onopentag: ({ name, attributes }) => {
      elements += 1;
      if (elements > maxElements || open.length >= maxDepth) fail('is larger than is read');
      if (document.problem !== null) return;
      const element = { name, attributes: attributes as XmlElement['attributes'], children: [], text: '' };
      open.at(-1)?.children.push(element);
      document.root ??= element;
      open.push(element);
    },
    ontext: (piece) => {
      const element = open.at(-1);
      if (element !== undefined && document.problem === null) element.text += piece;
    },
    onclosetag: () => {
      if (document.problem === null) open.pop();
    },
  };
  Object.assign(parser, handlers);
  for (let from = 0; from < text.length && document.problem === null; from += pieceLength)
    parser.write(text.slice(from, from + pieceLength));
  if (document.problem === null && (document.root === null || open.length > 0)) fail('ends too early');
  return document;
}

/** The first child of that name; undefined when there is none. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}
