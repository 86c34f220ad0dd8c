import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "#lib/files/text-file.ts";

/** The file that the first start creates for the owner of the data folder. */
export const administratorShape = z.object({
  email: z.email(),
  password: z.string(),
  apiKey: z.string(),
  /** The tenant that the key acts in. */
  tenantId: z.uuid(),
});

export const administratorFile = (dataDir: string): string => join(dataDir, "admin.json");

/** Reads the file. @throws FileError */
export const readAdministrator = (path: string): z.infer<typeof administratorShape> =>
  readJsonFile(path, "the password and the key of an administrator", (value) => administratorShape.parse(value));
