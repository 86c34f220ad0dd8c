-- A grant whose role changes is recorded too: the role is part of the key.
SELECT "record_changes"('user_roles', 'User', ARRAY['role_id'], "entity_key" => 'user_id', "part" => 'roles.');
