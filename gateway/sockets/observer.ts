import type { CloseReason } from "./close-codes.ts";

export type ConnectionKind = "socket" | "event stream";

/** Is told of the connections that stay. */
export interface ConnectionObserver {
  onOpen?(kind: ConnectionKind): void;
  /** @param reason why the gateway closed it; `gone` when the client did, or was lost */
  onClose?(kind: ConnectionKind, reason: CloseReason | "gone"): void;
  /** An event took the place of one that a client had not read yet. */
  onReplaced?(): void;
}
