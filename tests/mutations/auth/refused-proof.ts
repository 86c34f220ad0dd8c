/** Codes of a password proof that is sent many times at once: further attempts may be refused while some are being verified. */
export const refusedProof: readonly string[] = ["INVALID_CREDENTIALS", "UNAUTHENTICATED", "MFA_CODE_INVALID"];
