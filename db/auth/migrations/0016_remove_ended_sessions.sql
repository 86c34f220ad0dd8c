-- The job that removes sessions some time after they ended.
GRANT DELETE ON "user_sessions" TO "novacron_auth_system";
