variable "name" { type = string }
variable "location" { type = string }
variable "resource_group" { type = string }
variable "subnet_id" { type = string }
variable "log_analytics_workspace_id" { type = string }
variable "tags" { type = map(string) }

variable "sku_tier" {
  description = "Free, or Standard with an uptime that is promised."
  type        = string
}

variable "kubernetes_version" {
  description = "Minor version; patches come by themselves. The chart needs 1.30 or newer."
  type        = string
  validation {
    condition     = tonumber(split(".", var.kubernetes_version)[1]) >= 30
    error_message = "kubernetes_version: the chart needs 1.30 or newer."
  }
}

variable "zones" {
  description = "Availability zones over which nodes are spread."
  type        = list(string)
}

variable "admin_groups" {
  description = "Object ids of the groups of Entra ID that administer the cluster."
  type        = list(string)
  validation {
    condition     = length(var.admin_groups) > 0
    error_message = "admin_groups: local accounts are off, so without a group nobody can administer the cluster."
  }
}

variable "api_allow" {
  description = "Networks that may reach the API server."
  type        = list(string)
  validation {
    condition     = length(var.api_allow) > 0 && !contains(var.api_allow, "0.0.0.0/0")
    error_message = "api_allow: name the networks that may reach the API server; not everybody."
  }
}

variable "system_pool" { type = object({ vm_size = string, min = number, max = number }) }
variable "apps_pool" { type = object({ vm_size = string, min = number, max = number }) }
