/** Links made relative to their page, so that the site opens from a disk and under any address. */

// Attributes are written by Astro with double quotes, and a quote inside a value is `&quot;`.
const rootedLink = / (href|src)="\/([^"/][^"]*)?"/g;

/**
 * @param html a page whose links into the site begin with '/'
 * @param page the page's own file, relative to the site, e.g. 'hosts/web-01/index.html'
 * @returns the page with every such link relative, and folders named by their index.html
 */
export function makeLinksRelative(html: string, page: string): string {
  const up = '../'.repeat(page.split('/').length - 1);
  return html.replace(
    rootedLink,
    (_match, attribute: string, target = '') => ` ${attribute}="${up}${fileOf(target)}"`,
  );
}

function fileOf(target: string): string {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' || path.endsWith('/') ? `${path}index.html` : path;
  return anchor === undefined ? file : `${file}#${anchor}`;
}
