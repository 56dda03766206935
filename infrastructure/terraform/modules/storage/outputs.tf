output "account" { value = azurerm_storage_account.this.name }
output "urls" { value = { for name, _ in var.containers : name => "${azurerm_storage_account.this.primary_blob_endpoint}${name}" } }
