-- Clocks are set back; the ledger only grows. A payment can be nobody's who was shown the address after it was
-- known, and that is told by the newest hand-out there was when it was first seen.
ALTER TABLE payments ADD COLUMN after_hand_out INTEGER NOT NULL DEFAULT 0;

UPDATE payments SET after_hand_out =
coalesce((SELECT max(id) FROM hand_outs WHERE shown_at <= payments.first_seen), 0);
