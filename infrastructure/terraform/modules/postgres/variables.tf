variable "name" { type = string }
variable "location" { type = string }
variable "resource_group" { type = string }
variable "subnet_id" { type = string }
variable "dns_zone_id" { type = string }
variable "zones" { type = list(string) }
variable "tags" { type = map(string) }
variable "sku_name" { type = string }
variable "storage_mb" { type = number }
variable "geo_backup" { type = bool }

variable "high_availability" {
  description = "A second machine in another zone, that has every commit. It takes a GP or MO size. With it the server is locked against deletion."
  type        = bool
}

variable "backup_days" {
  description = "How far back the server can be restored, 7 to 35."
  type        = number
  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "backup_days: 7 to 35."
  }
}

variable "password" {
  description = "Of the user rouse. It is written and not kept in the state."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "password_version" {
  description = "Raise it to write another password."
  type        = number
}
