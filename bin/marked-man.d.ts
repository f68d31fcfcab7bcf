/** The converter has no types of its own: an extension of marked, with the options it adds. */
declare module 'marked-man' {
  import type { MarkedExtension } from 'marked'
  const extension: MarkedExtension
  export default extension
}
