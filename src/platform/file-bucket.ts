/** A file in a bucket, whose content is read once. */
interface KeptFile {
  /** Bytes. */
  size: number;
  body: ReadableStream;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The used part of an R2 bucket. */
export interface FileBucket {
  /** Null: it has no file of this key. */
  get(key: string): Promise<KeptFile | null>;
}
