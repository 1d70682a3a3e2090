/** What a page of the site may load: itself. The same words stand in the page and in the server's headers. */
export const contentPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";
