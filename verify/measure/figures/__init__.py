"""The numbers behind a scenario's figures. `reports` draws them; nothing is drawn here."""
