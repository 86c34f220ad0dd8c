/** Notified of the streams of a gateway. */
export interface StreamObserver {
  /** A subscription to a subgraph began (1) or ended (-1): one for all clients with the same request and the same rights. */
  onStream?(change: 1 | -1): void;
  /** An event was sent to this many clients. */
  onEmitted?(deliveries: number): void;
}
