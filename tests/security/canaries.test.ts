import { canariesSuite } from "./canaries-suite.ts";

canariesSuite({ share: 8, refusing: ["user_sessions", "auth_audit_log"] });
