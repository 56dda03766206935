output "url" { value = azurerm_key_vault.this.vault_uri }
output "tenant_id" { value = azurerm_key_vault.this.tenant_id }
