import { canariesSuite } from "./canaries-suite.ts";
import { written } from "./canaries/breaking.ts";

canariesSuite({ share: 1, refusing: written });
