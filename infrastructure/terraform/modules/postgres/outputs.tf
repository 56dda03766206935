output "fqdn" { value = azurerm_postgresql_flexible_server.this.fqdn }
output "id" { value = azurerm_postgresql_flexible_server.this.id }
