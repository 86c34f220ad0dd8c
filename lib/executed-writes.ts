/** Remembers which calls have written, over all processes of a subgraph, so that none is executed twice. */
export interface ExecutedWrites {
  /**
   * Remembers a call, for as long as it may be believed. Resolves to false when it was remembered before.
   * @throws PublicError when it cannot be known: then the call must not be executed
   */
  remember(nonce: string): Promise<boolean>;
}
