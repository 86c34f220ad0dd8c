import type { CloseReason } from "../sockets/close-codes.ts";

export type ConnectionKind = "socket" | "event stream";

/** Is told what becomes of the connections that stay, and of what is told over them. */
export interface LiveObserver {
  onOpen?(kind: ConnectionKind): void;
  /** @param reason why the gateway closed it; `gone` when the client did, or was lost */
  onClose?(kind: ConnectionKind, reason: CloseReason | "gone"): void;
  /** A subscription to a subgraph began (1) or ended (-1): one for all clients who ask the same. */
  onStream?(change: 1 | -1): void;
  /** An event was told to so many clients. */
  onTold?(deliveries: number): void;
  /** An event took the place of one that a client had not read yet. */
  onReplaced?(): void;
}
