/** Is told of the streams of a gateway. */
export interface StreamObserver {
  /** A subscription to a subgraph began (1) or ended (-1): one for all clients who ask the same. */
  onStream?(change: 1 | -1): void;
  /** An event was told to so many clients. */
  onTold?(deliveries: number): void;
}
