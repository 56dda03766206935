output "name_servers" { value = azurerm_dns_zone.this.name_servers }
output "external_dns_client_id" { value = azurerm_user_assigned_identity.external_dns.client_id }
