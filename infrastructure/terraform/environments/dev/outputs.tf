output "cluster" { value = module.rouse.cluster }
output "namespace" { value = module.rouse.namespace }
output "name_servers" { value = module.rouse.name_servers }
output "external_dns_client_id" { value = module.rouse.external_dns_client_id }
output "key_vault_url" { value = module.rouse.key_vault_url }
output "containers" { value = module.rouse.containers }
output "rules" { value = module.rouse.rules }
output "values" { value = module.rouse.values }
