import type { CloseReason } from "./close-codes.ts";

export type ConnectionKind = "socket" | "event stream";

/** Notified of long-lived connections. */
export interface ConnectionObserver {
  onOpen?(kind: ConnectionKind): void;
  /** @param reason why the gateway closed it; `gone` when the client did, or was lost */
  onClose?(kind: ConnectionKind, reason: CloseReason | "gone"): void;
  /** An event replaced one that the client had not read yet. */
  onReplaced?(): void;
}
