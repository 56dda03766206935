output "nodes_subnet_id" { value = azurerm_subnet.nodes.id }
output "postgres_subnet_id" { value = azurerm_subnet.postgres.id }

output "postgres_dns_zone_id" {
  value      = azurerm_private_dns_zone.postgres.id
  depends_on = [azurerm_private_dns_zone_virtual_network_link.postgres]
}
