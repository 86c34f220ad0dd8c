/** Records which calls have written, across all processes of a subgraph, so that none is executed twice. */
export interface ExecutedWrites {
  /**
   * Records a call, for as long as its signature is valid. Resolves to false when it was already recorded.
   * @throws PublicError when this cannot be determined: then the call must not be executed
   */
  remember(nonce: string): Promise<boolean>;
}
