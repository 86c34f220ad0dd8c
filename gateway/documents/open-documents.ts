import { watchedFile } from "../watched-file.ts";
import type { GatewayEnvironment } from "../environment.ts";
import { Documents } from "./documents.ts";
import { readManifest } from "./manifest.ts";

export interface OpenDocuments {
  documents: Documents;
  close(): void;
}

/**
 * The documents of the manifest that the environment names, and of what it becomes.
 * @throws Error when it cannot be read
 */
export async function openDocuments({ documentsFile, documentModes }: GatewayEnvironment): Promise<OpenDocuments> {
  const documents = new Documents(documentModes);
  const close = documentsFile
    ? await watchedFile(documentsFile, (json) => documents.replace(readManifest(json)))
    : () => undefined;
  return { documents, close };
}
