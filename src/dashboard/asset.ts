/** A file of the front end, as the build leaves it in `assets.gen.ts`. Its name has the hash of its content. */
export interface Asset {
  type: string;
  body: string;
}
/** Names of the files that a page loads first. */
export interface Entries {
  script: string;
  style: string;
  icon: string;
}
